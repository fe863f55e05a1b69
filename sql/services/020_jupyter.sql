-- The notebook, which may connect to the hosts of the network rule.
-- role: <% system_role %>
-- when: egress
USE ROLE <% system_role %>;

CREATE SERVICE IF NOT EXISTS <% database %>.<% schema %>.<% jupyter_service %>
  IN COMPUTE POOL <% jupyter_service_pool %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% jupyter_spec_file %>'
  EXTERNAL_ACCESS_INTEGRATIONS = (<% egress_integration %>)
  AUTO_RESUME = TRUE
  MIN_INSTANCES = <% jupyter_instances %>
  MAX_INSTANCES = <% jupyter_instances %>
  QUERY_WAREHOUSE = <% warehouse %>
  COMMENT = '<% owner_comment %>';

ALTER SERVICE <% database %>.<% schema %>.<% jupyter_service %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% jupyter_spec_file %>';

ALTER SERVICE <% database %>.<% schema %>.<% jupyter_service %> SET
  EXTERNAL_ACCESS_INTEGRATIONS = (<% egress_integration %>)
  MIN_INSTANCES = <% jupyter_instances %>
  MAX_INSTANCES = <% jupyter_instances %>
  QUERY_WAREHOUSE = <% warehouse %>;

ALTER SERVICE <% database %>.<% schema %>.<% jupyter_service %> RESUME;
