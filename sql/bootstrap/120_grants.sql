-- What the user's role may do, spelled out: reach the schema, run queries, keep files.
-- role: <% security_role %>
USE ROLE <% security_role %>;

GRANT USAGE ON DATABASE <% database %> TO ROLE <% role %>;
GRANT USAGE ON SCHEMA <% database %>.<% schema %> TO ROLE <% role %>;
GRANT USAGE, OPERATE ON WAREHOUSE <% warehouse %> TO ROLE <% role %>;
GRANT READ, WRITE ON STAGE <% database %>.<% schema %>.<% files_stage %> TO ROLE <% role %>;
