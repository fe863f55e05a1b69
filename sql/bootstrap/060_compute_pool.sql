-- The compute pools that services run in. Nodes take minutes to start, so pools are created early.
-- role: <% system_role %>
-- for each: pool
USE ROLE <% system_role %>;

CREATE COMPUTE POOL IF NOT EXISTS <% pool %>
  MIN_NODES = <% pool_min_nodes %>
  MAX_NODES = <% pool_max_nodes %>
  INSTANCE_FAMILY = <% pool_family %>
  AUTO_RESUME = TRUE
  AUTO_SUSPEND_SECS = <% pool_auto_suspend %>
  COMMENT = '<% owner_comment %>';

ALTER COMPUTE POOL <% pool %> SET
  MIN_NODES = <% pool_min_nodes %>
  MAX_NODES = <% pool_max_nodes %>
  AUTO_SUSPEND_SECS = <% pool_auto_suspend %>;
