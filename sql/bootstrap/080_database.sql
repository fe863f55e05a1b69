-- The database of the deployment.
-- role: <% system_role %>
USE ROLE <% system_role %>;

CREATE DATABASE IF NOT EXISTS <% database %>
  COMMENT = '<% owner_comment %>';
