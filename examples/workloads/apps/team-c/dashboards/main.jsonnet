// Called with the arguments of the ApplicationSet (directory.jsonnet.tlas); libraries lie in apps/team-c/lib.
local objects = import 'objects.libsonnet';

local tags = { dev: '0.7.0', stg: '0.6.2', prod: '0.6.2' };

// The boards that the server shows, one file each.
local board(title, query) = std.manifestJsonEx({ title: title, panels: [{ type: 'line', query: query }] }, '  ');
local boards = {
  'orders.json': board('Orders', 'sum(rate(orders_total[5m]))'),
  'revenue.json': board('Revenue', 'sum(increase(revenue_total[1d]))'),
};

function(environment, replicas=1, theme='light')
  local host = 'dashboards' + (if environment == 'prod' then '' else '.' + environment) + '.example';
  [
    objects.configMap('dashboards', boards),
    objects.deployment('dashboards', 'dashboards:' + tags[environment], replicas, { THEME: theme }),
    objects.service('dashboards'),
    objects.ingress('dashboards', host),
  ] + (if replicas > 1 then [objects.disruptionBudget('dashboards')] else [])
