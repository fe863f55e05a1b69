-- A new password for the user, if the saved one is lost.
-- role: <% user_role %>
USE ROLE <% user_role %>;

ALTER USER <% user %> SET
  PASSWORD = '<% user_password %>'
  MUST_CHANGE_PASSWORD = FALSE;
