-- The privilege to create public endpoints.
-- role: <% account_role %>
-- A grant has no comment that identifies its owner. This one goes to a role of the deployment:
-- dropping the role revokes it, and an earlier grant to the system role stays as it is.
USE ROLE <% account_role %>;

GRANT BIND SERVICE ENDPOINT ON ACCOUNT TO ROLE <% endpoint_role %>;
