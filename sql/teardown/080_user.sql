-- The user.
-- role: <% user_role %>
USE ROLE <% user_role %>;

DROP USER IF EXISTS <% user %>;
