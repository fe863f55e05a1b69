-- The schema, when it is not the PUBLIC that every database has.
-- role: <% system_role %>
-- when: own_schema
USE ROLE <% system_role %>;

CREATE SCHEMA IF NOT EXISTS <% database %>.<% schema %>
  COMMENT = '<% owner_comment %>';
