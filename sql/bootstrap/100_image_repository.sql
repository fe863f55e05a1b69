-- The repository that images are pushed to.
-- role: <% system_role %>
USE ROLE <% system_role %>;

CREATE IMAGE REPOSITORY IF NOT EXISTS <% database %>.<% schema %>.<% repository %>
  COMMENT = '<% owner_comment %>';
