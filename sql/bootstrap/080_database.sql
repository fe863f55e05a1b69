-- The database that everything of the deployment lives in.
-- role: <% system_role %>
USE ROLE <% system_role %>;

CREATE DATABASE IF NOT EXISTS <% database %>
  COMMENT = '<% owner_comment %>';
