-- The user's role.
-- role: <% security_role %>
USE ROLE <% security_role %>;

GRANT ROLE <% role %> TO USER <% user %>;
