CREATE SERVICE svc IN COMPUTE POOL p FROM SPECIFICATION $$
spec:
  containers:
  - name: main
    image: /d/s/repo/image:latest
  endpoints:
  - name: ui
    port: {{port}}
    public: true
serviceRoles:
- name: reader
  endpoints: [ui]
$$ EXTERNAL_ACCESS_INTEGRATIONS = (e);
