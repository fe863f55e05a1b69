-- The hosts that a service may connect to outside of Snowflake.
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
