-- Who may do what. A migration that makes a table, a view or a function ends with SELECT candled.give_rights():
-- it covers all that is there, and changes nothing that is right already.

-- A role belongs to the whole server, where somebody else may be making it for another database right now. Whoever
-- makes the owner becomes a member of it, to hand over what there is; a superuser is one of everything.
CREATE FUNCTION candled.make_roles() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  role text;
BEGIN
  IF (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
    FOREACH role IN ARRAY ARRAY['candled_owner', 'candled_migrate', 'candled_ingest', 'candled_read'] LOOP
      CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role);
      BEGIN
        EXECUTE format('CREATE ROLE %I %s', role, CASE role WHEN 'candled_owner' THEN 'NOLOGIN' ELSE 'LOGIN' END);
        IF role = 'candled_owner' AND NOT pg_has_role(current_user, 'candled_owner', 'MEMBER') THEN
          EXECUTE format('GRANT candled_owner TO %I', current_user);
        END IF;
        IF role = 'candled_migrate' THEN
          GRANT candled_owner TO candled_migrate;
          -- What a migration makes belongs to the owner.
          ALTER ROLE candled_migrate SET role = 'candled_owner';
        END IF;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- somebody else was quicker
      END;
    END LOOP;
  END IF;
  RETURN (SELECT count(*) = 4 FROM pg_roles
          WHERE rolname IN ('candled_owner', 'candled_migrate', 'candled_ingest', 'candled_read'));
END
$function$;
COMMENT ON FUNCTION candled.make_roles() IS
  'Makes candled_owner (no login), candled_migrate, candled_ingest and candled_read (without passwords) where they are missing and the caller may make roles. Returns whether all are there.';
REVOKE ALL ON FUNCTION candled.make_roles() FROM PUBLIC;

CREATE FUNCTION candled.give_rights() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  entry record;
BEGIN
  IF NOT candled.make_roles() THEN
    RETURN false;
  END IF;

  -- Whoever is no member of the owner keeps what they made: the rights below hold all the same.
  IF pg_has_role(current_user, 'candled_owner', 'MEMBER') THEN
    FOR entry IN
      SELECT format('SCHEMA %I', nspname) AS what, nspowner AS owner, 1 AS place
      FROM pg_namespace WHERE oid = 'candled'::regnamespace
      UNION ALL
      SELECT format('TABLE %s', oid::regclass), relowner, 2
      FROM pg_class WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v')
      UNION ALL
      SELECT format('TYPE %s', oid::regtype), typowner, 3
      FROM pg_type WHERE typnamespace = 'candled'::regnamespace AND typtype = 'r'
      UNION ALL
      SELECT format('ROUTINE %s', p.oid::regprocedure), p.proowner, 4
      FROM pg_proc p WHERE p.pronamespace = 'candled'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'i')
      ORDER BY place, what
    LOOP
      CONTINUE WHEN entry.owner = 'candled_owner'::regrole;
      EXECUTE format('ALTER %s OWNER TO candled_owner', entry.what);
    END LOOP;
  END IF;

  GRANT USAGE ON SCHEMA candled TO candled_ingest, candled_read;
  -- Partitions are reached through their table.
  FOR entry IN
    SELECT oid::regclass AS name, relkind FROM pg_class
    WHERE relnamespace = 'candled'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO candled_ingest, candled_read', entry.name);
    CONTINUE WHEN entry.relkind = 'v';
    EXECUTE format('GRANT INSERT, UPDATE ON %s TO candled_ingest', entry.name);
  END LOOP;
  -- History is written once, and which migrations there were is none of its business.
  REVOKE UPDATE ON candled.bar_revision, candled.coverage_log FROM candled_ingest;
  REVOKE INSERT, UPDATE ON candled.schema_migration FROM candled_ingest;
  -- Records of the present, which are replaced: none of them says what was fetched, but for recount_sessions().
  GRANT DELETE ON candled.budget_place, candled.job_progress, candled.market_session, candled.rollup_dirty,
    candled.series_session
    TO candled_ingest;
  GRANT EXECUTE ON FUNCTION candled.ensure_bar_partitions(timestamptz, timestamptz) TO candled_ingest;
  GRANT EXECUTE ON FUNCTION candled.drop_expired_bars() TO candled_ingest;
  RETURN true;
END
$function$;
COMMENT ON FUNCTION candled.give_rights() IS
  'Makes the roles (make_roles), hands everything in the schema to candled_owner if the caller is a member of it, and gives candled_ingest and candled_read their rights. Returns false where the roles cannot be made: then everything works as one user.';
REVOKE ALL ON FUNCTION candled.give_rights() FROM PUBLIC;

SELECT candled.give_rights();
