-- The stages for service specs, data and the notebook's files.
-- role: <% system_role %>
-- Services can mount only stages with server-side encryption, which is enough for specs too.
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
