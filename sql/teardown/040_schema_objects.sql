-- The objects in the schema, one by one, because the database may not belong to the deployment.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP NETWORK RULE IF EXISTS <% database %>.<% schema %>.<% network_rule %>;
DROP IMAGE REPOSITORY IF EXISTS <% database %>.<% schema %>.<% repository %>;
DROP STAGE IF EXISTS <% database %>.<% schema %>.<% specs_stage %>;
DROP STAGE IF EXISTS <% database %>.<% schema %>.<% data_stage %>;
DROP STAGE IF EXISTS <% database %>.<% schema %>.<% files_stage %>;
