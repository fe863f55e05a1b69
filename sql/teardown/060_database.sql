-- The database, unless it contains objects that do not belong to the deployment.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP DATABASE IF EXISTS <% database %>;
