-- The user's role may open the notebook: USAGE on a service does not reach its endpoints, its service role does.
-- role: <% system_role %>
USE ROLE <% system_role %>;

GRANT SERVICE ROLE <% database %>.<% schema %>.<% jupyter_service %>!ALL_ENDPOINTS_USAGE TO ROLE <% role %>;
