-- A service, and with FORCE the block volumes that hold its data.
-- role: <% system_role %>
-- for each: service
USE ROLE <% system_role %>;

DROP SERVICE IF EXISTS <% database %>.<% schema %>.<% service %> FORCE;
