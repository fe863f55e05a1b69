-- A service: created, updated to its spec and settings, and resumed.
-- role: <% system_role %>
-- for each: service
USE ROLE <% system_role %>;

CREATE SERVICE IF NOT EXISTS <% database %>.<% schema %>.<% service %>
  IN COMPUTE POOL <% service_pool %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% spec_file %>'
  EXTERNAL_ACCESS_INTEGRATIONS = (<% egress_integration %>) -- when: service_egress
  AUTO_RESUME = TRUE
  MIN_INSTANCES = <% min_instances %>
  MAX_INSTANCES = <% max_instances %>
  QUERY_WAREHOUSE = <% warehouse %> -- when: service_warehouse
  COMMENT = '<% owner_comment %>';

ALTER SERVICE <% database %>.<% schema %>.<% service %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% spec_file %>';

-- when: service_egress_off
ALTER SERVICE <% database %>.<% schema %>.<% service %> UNSET
  EXTERNAL_ACCESS_INTEGRATIONS;

-- when: service_warehouse_off
ALTER SERVICE <% database %>.<% schema %>.<% service %> UNSET
  QUERY_WAREHOUSE;

ALTER SERVICE <% database %>.<% schema %>.<% service %> SET
  EXTERNAL_ACCESS_INTEGRATIONS = (<% egress_integration %>) -- when: service_egress
  MIN_INSTANCES = <% min_instances %>
  MAX_INSTANCES = <% max_instances %>
  QUERY_WAREHOUSE = <% warehouse %>; -- when: service_warehouse

ALTER SERVICE <% database %>.<% schema %>.<% service %> RESUME;
