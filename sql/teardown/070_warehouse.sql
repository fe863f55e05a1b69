-- The warehouse.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP WAREHOUSE IF EXISTS <% warehouse %>;
