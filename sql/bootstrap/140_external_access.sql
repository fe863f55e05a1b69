-- The integration that gives services the egress of the network rule.
-- role: <% account_role %>
-- when: egress
USE ROLE <% account_role %>;

CREATE EXTERNAL ACCESS INTEGRATION IF NOT EXISTS <% egress_integration %>
  ALLOWED_NETWORK_RULES = (<% database %>.<% schema %>.<% network_rule %>)
  ENABLED = TRUE
  COMMENT = '<% owner_comment %>';

ALTER EXTERNAL ACCESS INTEGRATION <% egress_integration %> SET
  ALLOWED_NETWORK_RULES = (<% database %>.<% schema %>.<% network_rule %>);

GRANT USAGE ON INTEGRATION <% egress_integration %> TO ROLE <% system_role %>;
