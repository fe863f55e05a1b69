-- What lives in the schema, one by one: the database may be somebody else's.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP NETWORK RULE IF EXISTS <% database %>.<% schema %>.<% network_rule %>;
DROP IMAGE REPOSITORY IF EXISTS <% database %>.<% schema %>.<% repository %>;
DROP STAGE IF EXISTS <% database %>.<% schema %>.<% specs_stage %>;
DROP STAGE IF EXISTS <% database %>.<% schema %>.<% data_stage %>;
DROP STAGE IF EXISTS <% database %>.<% schema %>.<% files_stage %>;
