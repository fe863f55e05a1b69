-- The warehouse for queries of the services and the user.
-- role: <% system_role %>
USE ROLE <% system_role %>;

CREATE WAREHOUSE IF NOT EXISTS <% warehouse %> WITH
  WAREHOUSE_SIZE = '<% warehouse_size %>'
  AUTO_SUSPEND = <% warehouse_auto_suspend %>
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE
  COMMENT = '<% owner_comment %>';

ALTER WAREHOUSE <% warehouse %> SET
  WAREHOUSE_SIZE = '<% warehouse_size %>'
  AUTO_SUSPEND = <% warehouse_auto_suspend %>;
