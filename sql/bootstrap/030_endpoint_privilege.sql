-- The privilege to give a service public endpoints.
-- role: <% account_role %>
-- A grant has no comment that says whose it is. Granted to a role of our own, it goes with that
-- role, and a grant that the system role had before is not touched.
USE ROLE <% account_role %>;

GRANT BIND SERVICE ENDPOINT ON ACCOUNT TO ROLE <% endpoint_role %>;
