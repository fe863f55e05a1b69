-- The hosts outside Snowflake that services may connect to.
-- role: <% system_role %>
-- when: egress
USE ROLE <% system_role %>;

CREATE NETWORK RULE IF NOT EXISTS <% database %>.<% schema %>.<% network_rule %>
  TYPE = HOST_PORT
  VALUE_LIST = (<% egress_hosts %>)
  MODE = EGRESS
  COMMENT = '<% owner_comment %>';

ALTER NETWORK RULE <% database %>.<% schema %>.<% network_rule %> SET
  VALUE_LIST = (<% egress_hosts %>);
