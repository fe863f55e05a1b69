-- The user's role may open a service's public endpoints: for that USAGE on the service is not enough, its service role is needed.
-- role: <% system_role %>
-- for each: service
-- when: service_public
USE ROLE <% system_role %>;

GRANT SERVICE ROLE <% database %>.<% schema %>.<% service %>!ALL_ENDPOINTS_USAGE TO ROLE <% role %>;
