-- A new password for the user, when the one that was kept is lost.
-- role: <% user_role %>
USE ROLE <% user_role %>;

ALTER USER <% user %> SET
  PASSWORD = '<% user_password %>'
  MUST_CHANGE_PASSWORD = FALSE;
