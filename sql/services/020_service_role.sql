-- Access to a service's public endpoints for the user's role. USAGE on the service is not enough; its service role is required.
-- role: <% system_role %>
-- for each: service
-- when: service_public
USE ROLE <% system_role %>;

GRANT SERVICE ROLE <% database %>.<% schema %>.<% service %>!ALL_ENDPOINTS_USAGE TO ROLE <% role %>;
