CALL SYSTEM$GET_SERVICE_STATUS('a');  -- FINDING
SELECT system$registry_list_images('d.s.r');  -- FINDING
