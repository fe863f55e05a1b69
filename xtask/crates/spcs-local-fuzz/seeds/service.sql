CREATE SERVICE svc IN COMPUTE POOL p FROM SPECIFICATION $$
spec:
  containers:
  - name: main
    image: /d/s/repo/image:latest
  endpoints:
  - name: ui
    port: 8888
    public: true
serviceRoles:
- name: reader
  endpoints: [ui]
$$ EXTERNAL_ACCESS_INTEGRATIONS = (e);
