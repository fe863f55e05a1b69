-- The role that may use the services, and the role that lets the system role create public endpoints.
-- role: <% security_role %>
USE ROLE <% security_role %>;

CREATE ROLE IF NOT EXISTS <% role %>
  COMMENT = '<% owner_comment %>';

CREATE ROLE IF NOT EXISTS <% endpoint_role %>
  COMMENT = '<% owner_comment %>';

GRANT ROLE <% endpoint_role %> TO ROLE <% system_role %>;
