// The few kinds that team-c needs, each as a function of what differs.
{
  local labels(name) = { 'app.kubernetes.io/name': name, team: 'team-c' },

  configMap(name, data):: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: name, labels: labels(name) },
    data: data,
  },

  deployment(name, image, replicas, env={}):: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: name, labels: labels(name) },
    spec: {
      replicas: replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: {
        metadata: { labels: labels(name) },
        spec: {
          automountServiceAccountToken: false,
          containers: [{
            name: name,
            image: image,
            env: [{ name: key, value: env[key] } for key in std.objectFields(env)],
            ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
            readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
            livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 10 },
            resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
            volumeMounts: [{ name: 'boards', mountPath: '/boards', readOnly: true }],
          }],
          volumes: [{ name: 'boards', configMap: { name: name } }],
        },
      },
    },
  },

  service(name):: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: name, labels: labels(name) },
    spec: {
      selector: { 'app.kubernetes.io/name': name },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  },

  ingress(name, host):: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: name, labels: labels(name) },
    spec: {
      ingressClassName: 'nginx',
      rules: [{
        host: host,
        http: {
          paths: [{
            path: '/',
            pathType: 'Prefix',
            backend: { service: { name: name, port: { name: 'http' } } },
          }],
        },
      }],
    },
  },

  disruptionBudget(name):: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: name, labels: labels(name) },
    spec: { maxUnavailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': name } } },
  },
}
