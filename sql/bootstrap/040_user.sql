-- The user that logs in at the public endpoints.
-- role: <% user_role %>
USE ROLE <% user_role %>;

CREATE USER IF NOT EXISTS <% user %>
  TYPE = PERSON
  PASSWORD = '<% user_password %>'
  DEFAULT_ROLE = <% role %>
  DEFAULT_SECONDARY_ROLES = ('ALL')
  MUST_CHANGE_PASSWORD = FALSE
  COMMENT = '<% owner_comment %>';
