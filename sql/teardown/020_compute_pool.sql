-- A compute pool; one that still runs a service of somebody else stays.
-- role: <% system_role %>
-- for each: pool
USE ROLE <% system_role %>;

DROP COMPUTE POOL IF EXISTS <% pool %>;
