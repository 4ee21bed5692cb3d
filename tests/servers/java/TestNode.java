import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One Elasticsearch node in the foreground, for tests.
 *
 * <p>Arguments: the folder with the modules, the folder with the configuration, then settings as name=value.
 * The distribution's launcher is not published as a jar; this does the part of it that tests need.
 */
public final class TestNode {
    public static void main(String[] args) throws Exception {
        LogConfigurator.configureESLogging();
        // Two write threads whose first act is a version conflict would each initialize one end of this hierarchy and
        // wait for the other's for ever: seen after a restart under load. A full distribution has thrown some by then.
        Class.forName("org.elasticsearch.ElasticsearchException");
        Class.forName("org.elasticsearch.index.engine.VersionConflictEngineException");
        Settings.Builder settings = Settings.builder().put("path.home", args[0]);
        for (int i = 2; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            settings.put(args[i].substring(0, equals), args[i].substring(equals + 1));
        }
        Environment environment = new Environment(settings.build(), Path.of(args[1]));
        PluginsLoader modules = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir(), true), Set.of(), Map.of(), false);
        Node node = new Node(environment, modules);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        Thread.currentThread().join();
    }

    private static void close(Node node) {
        try {
            node.close();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
