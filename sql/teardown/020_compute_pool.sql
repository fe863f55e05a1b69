-- A compute pool, unless it runs a service that does not belong to the deployment.
-- role: <% system_role %>
-- for each: pool
USE ROLE <% system_role %>;

DROP COMPUTE POOL IF EXISTS <% pool %>;
