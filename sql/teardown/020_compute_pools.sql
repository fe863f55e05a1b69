-- The compute pools; one that still runs a service of somebody else stays.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP COMPUTE POOL IF EXISTS <% jupyter_pool %>;
DROP COMPUTE POOL IF EXISTS <% milvus_pool %>;
