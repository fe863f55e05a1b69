-- The OAuth integration that older accounts need for the login at public endpoints.
-- role: <% account_role %>
-- when: ingress_integration
-- The whole account shares it, so it has no owner comment and no file drops it.
USE ROLE <% account_role %>;

CREATE SECURITY INTEGRATION IF NOT EXISTS <% ingress_integration %>
  TYPE = OAUTH
  OAUTH_CLIENT = SNOWSERVICES_INGRESS
  ENABLED = TRUE;
