-- The stages for service specs, for data and for the notebook's files.
-- role: <% system_role %>
-- A service can mount only a stage with server-side encryption; the specs need no more than that.
USE ROLE <% system_role %>;

CREATE STAGE IF NOT EXISTS <% database %>.<% schema %>.<% specs_stage %>
  ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')
  COMMENT = '<% owner_comment %>';

CREATE STAGE IF NOT EXISTS <% database %>.<% schema %>.<% data_stage %>
  ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')
  COMMENT = '<% owner_comment %>';

CREATE STAGE IF NOT EXISTS <% database %>.<% schema %>.<% files_stage %>
  ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')
  COMMENT = '<% owner_comment %>';
