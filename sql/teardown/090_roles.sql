-- The roles. Dropping the second one revokes the privilege granted to it.
-- role: <% security_role %>
USE ROLE <% security_role %>;

DROP ROLE IF EXISTS <% role %>;
DROP ROLE IF EXISTS <% endpoint_role %>;
