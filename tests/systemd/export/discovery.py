"""Tells kubectl which kinds there are, which is all that it asks for a dry run on the client's side, while the command
in the arguments runs."""
import http.server, json, subprocess, sys, threading

KINDS = {
    'v1': [('configmaps', 'ConfigMap'), ('services', 'Service'), ('persistentvolumeclaims', 'PersistentVolumeClaim')],
    'apps/v1': [('deployments', 'Deployment'), ('statefulsets', 'StatefulSet')],
    'networking.k8s.io/v1': [('networkpolicies', 'NetworkPolicy')],
    'policy/v1': [('poddisruptionbudgets', 'PodDisruptionBudget')],
}

def reply(path):
    path = path.split('?')[0].strip('/')
    if path == 'api':
        return {'kind': 'APIVersions', 'versions': ['v1']}
    if path == 'apis':
        groups = []
        for version in KINDS:
            if '/' in version:
                one = {'groupVersion': version, 'version': 'v1'}
                groups.append({'name': version.split('/')[0], 'versions': [one], 'preferredVersion': one})
        return {'kind': 'APIGroupList', 'apiVersion': 'v1', 'groups': groups}
    version = path.removeprefix('apis/').removeprefix('api/')
    if version in KINDS:
        resources = [{'name': n, 'singularName': '', 'namespaced': True, 'kind': k, 'verbs': ['create', 'get']} for n, k in KINDS[version]]
        return {'kind': 'APIResourceList', 'groupVersion': version, 'resources': resources}
    return None

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = reply(self.path)
        text = json.dumps(body or {'kind': 'Status', 'status': 'Failure', 'reason': 'NotFound', 'code': 404}).encode()
        self.send_response(200 if body else 404)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(('127.0.0.1', 18080), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.run(sys.argv[1:]).returncode)
