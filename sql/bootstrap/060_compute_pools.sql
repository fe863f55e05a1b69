-- The nodes that services run on. They take minutes to start, so they come early.
-- role: <% system_role %>
USE ROLE <% system_role %>;

CREATE COMPUTE POOL IF NOT EXISTS <% milvus_pool %>
  MIN_NODES = <% milvus_pool_min_nodes %>
  MAX_NODES = <% milvus_pool_max_nodes %>
  INSTANCE_FAMILY = <% milvus_pool_family %>
  AUTO_RESUME = TRUE
  AUTO_SUSPEND_SECS = <% milvus_pool_auto_suspend %>
  COMMENT = '<% owner_comment %>';

ALTER COMPUTE POOL <% milvus_pool %> SET
  MIN_NODES = <% milvus_pool_min_nodes %>
  MAX_NODES = <% milvus_pool_max_nodes %>
  AUTO_SUSPEND_SECS = <% milvus_pool_auto_suspend %>;

CREATE COMPUTE POOL IF NOT EXISTS <% jupyter_pool %>
  MIN_NODES = <% jupyter_pool_min_nodes %>
  MAX_NODES = <% jupyter_pool_max_nodes %>
  INSTANCE_FAMILY = <% jupyter_pool_family %>
  AUTO_RESUME = TRUE
  AUTO_SUSPEND_SECS = <% jupyter_pool_auto_suspend %>
  COMMENT = '<% owner_comment %>';

ALTER COMPUTE POOL <% jupyter_pool %> SET
  MIN_NODES = <% jupyter_pool_min_nodes %>
  MAX_NODES = <% jupyter_pool_max_nodes %>
  AUTO_SUSPEND_SECS = <% jupyter_pool_auto_suspend %>;
