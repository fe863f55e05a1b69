-- The privileges of the user's role: use the schema, run queries, read and write files.
-- role: <% security_role %>
USE ROLE <% security_role %>;

GRANT USAGE ON DATABASE <% database %> TO ROLE <% role %>;
GRANT USAGE ON SCHEMA <% database %>.<% schema %> TO ROLE <% role %>;
GRANT USAGE, OPERATE ON WAREHOUSE <% warehouse %> TO ROLE <% role %>;
GRANT READ, WRITE ON STAGE <% database %>.<% schema %>.<% files_stage %> TO ROLE <% role %>;
