-- The way out. The ingress integration stays: it belongs to the whole account.
-- role: <% account_role %>
USE ROLE <% account_role %>;

DROP EXTERNAL ACCESS INTEGRATION IF EXISTS <% egress_integration %>;
