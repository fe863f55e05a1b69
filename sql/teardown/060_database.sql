-- The database; one that holds something of somebody else stays.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP DATABASE IF EXISTS <% database %>;
