-- The roles, and with the second the privilege that it carried.
-- role: <% security_role %>
USE ROLE <% security_role %>;

DROP ROLE IF EXISTS <% role %>;
DROP ROLE IF EXISTS <% endpoint_role %>;
