-- The OAuth integration that older accounts need for logging in at public endpoints.
-- role: <% account_role %>
-- when: ingress_integration
-- It is shared by the whole account: it carries no owner comment and no file drops it.
USE ROLE <% account_role %>;

CREATE SECURITY INTEGRATION IF NOT EXISTS <% ingress_integration %>
  TYPE = OAUTH
  OAUTH_CLIENT = SNOWSERVICES_INGRESS
  ENABLED = TRUE;
