-- The egress integration. The ingress integration stays: the whole account shares it.
-- role: <% account_role %>
USE ROLE <% account_role %>;

DROP EXTERNAL ACCESS INTEGRATION IF EXISTS <% egress_integration %>;
