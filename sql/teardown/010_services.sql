-- The services, and with FORCE the block volumes that hold their data.
-- role: <% system_role %>
USE ROLE <% system_role %>;

DROP SERVICE IF EXISTS <% database %>.<% schema %>.<% jupyter_service %> FORCE;
DROP SERVICE IF EXISTS <% database %>.<% schema %>.<% milvus_service %> FORCE;
