-- Milvus, reached only by other services of the schema.
-- role: <% system_role %>
USE ROLE <% system_role %>;

CREATE SERVICE IF NOT EXISTS <% database %>.<% schema %>.<% milvus_service %>
  IN COMPUTE POOL <% milvus_service_pool %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% milvus_spec_file %>'
  AUTO_RESUME = TRUE
  MIN_INSTANCES = <% milvus_instances %>
  MAX_INSTANCES = <% milvus_instances %>
  COMMENT = '<% owner_comment %>';

ALTER SERVICE <% database %>.<% schema %>.<% milvus_service %>
  FROM @<% database %>.<% schema %>.<% specs_stage %>
  SPECIFICATION_FILE = '<% milvus_spec_file %>';

ALTER SERVICE <% database %>.<% schema %>.<% milvus_service %> SET
  MIN_INSTANCES = <% milvus_instances %>
  MAX_INSTANCES = <% milvus_instances %>;

ALTER SERVICE <% database %>.<% schema %>.<% milvus_service %> RESUME;
