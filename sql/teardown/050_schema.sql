-- The schema, unless it is the PUBLIC schema that every database has.
-- role: <% system_role %>
-- when: own_schema
USE ROLE <% system_role %>;

DROP SCHEMA IF EXISTS <% database %>.<% schema %>;
