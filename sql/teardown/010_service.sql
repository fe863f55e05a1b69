-- A service. FORCE also drops the block volumes that hold its data.
-- role: <% system_role %>
-- for each: service
USE ROLE <% system_role %>;

DROP SERVICE IF EXISTS <% database %>.<% schema %>.<% service %> FORCE;
