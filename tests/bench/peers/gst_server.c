/* GStreamer's RTSP server over a folder of MP4 files, for comparison.
 * Usage: bench-gst-server PORT FOLDER [shared] : a pipeline for each viewer, or one for all. */
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdlib.h>
#include <string.h>

static char *launch_of(const char *folder, const char *name) {
  const char *end = strrchr(name, '.');
  if (end && strcmp(end, ".m4a") == 0)
    return g_strdup_printf(
        "( filesrc location=%s/%s ! qtdemux ! queue ! aacparse ! rtpmp4gpay name=pay0 pt=96 )", folder, name);
  return g_strdup_printf(
      "( filesrc location=%s/%s ! qtdemux name=d "
      "d.video_0 ! queue ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 "
      "d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )",
      folder, name);
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc < 3) {
    g_printerr("usage: bench-gst-server PORT FOLDER [shared]\n");
    return 2;
  }
  const gboolean shared = argc > 3 && strcmp(argv[3], "shared") == 0;
  GstRTSPServer *server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, argv[1]);
  gst_rtsp_server_set_backlog(server, 1024);
  GstRTSPMountPoints *mounts = gst_rtsp_server_get_mount_points(server);
  GDir *folder = g_dir_open(argv[2], 0, NULL);
  const char *name;
  while (folder && (name = g_dir_read_name(folder))) {
    if (!g_str_has_suffix(name, ".mp4") && !g_str_has_suffix(name, ".m4a")) continue;
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    char *launch = launch_of(argv[2], name);
    char *path = g_strdup_printf("/%s", name);
    gst_rtsp_media_factory_set_launch(factory, launch);
    gst_rtsp_media_factory_set_shared(factory, shared);
    gst_rtsp_mount_points_add_factory(mounts, path, factory);
    g_free(launch);
    g_free(path);
  }
  if (folder) g_dir_close(folder);
  g_object_unref(mounts);
  if (gst_rtsp_server_attach(server, NULL) == 0) {
    g_printerr("bench-gst-server: port %s is taken\n", argv[1]);
    return 1;
  }
  g_main_loop_run(g_main_loop_new(NULL, FALSE));
  return 0;
}
